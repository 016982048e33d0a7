"""The report of `make up`."""

from tools.commands.up import report


def test_the_report_shows_the_frontends_config_as_people_read_it() -> None:
    config = {
        "webSocketUrl": "ws://127.0.0.1:4510/live",
        "supportedLanguages": ["cy", "en"],
        "hasHook": False,
    }
    lines = report(
        {"frontendConfig": config},
        ("demo@example.com", "secret"),
        "http://127.0.0.1:5173/",
        inspector="http://127.0.0.1:4510/_gateway/inspector/",
        emails="http://127.0.0.1:4566/_ministack/ses/messages",
    ).splitlines()
    assert "  webSocketUrl       ws://127.0.0.1:4510/live" in lines
    assert "  supportedLanguages cy en" in lines
    assert "  hasHook            no" in lines
    assert "  e-mails            http://127.0.0.1:4566/_ministack/ses/messages" in lines
    assert "  inspector          http://127.0.0.1:4510/_gateway/inspector/" in lines
