"""Reports as pages show them."""

from benchmarks.report import Chart, Goal, Report, Table

TABLE = Table(head=["way", "ms"], rows=[["ours", "1.0"], ["theirs", "12.5"]])


def test_a_table_is_aligned_in_a_terminal() -> None:
    assert TABLE.text().splitlines() == ["way       ms", "------  ----", "ours     1.0", "theirs  12.5"]


def test_a_page_has_tables_goals_charts_and_remarks() -> None:
    report = Report(
        tables=[TABLE],
        goals=[Goal(figure="ours / theirs", value=0.6, at_most=0.5)],
        charts=[Chart(title="T", x_label="n", y_label="ms", points=["1", "10"], lines=[[1.0, 2.0]])],
        remarks=["A remark."],
    )
    page = report.markdown()
    assert "| way | ms |\n| --- | ---: |\n| ours | 1.0 |" in page
    assert "| ours / theirs | 0.5 | 0.60 | no |" in page
    assert '```mermaid\nxychart-beta\n    title "T"\n    x-axis "n" ["1", "10"]' in page
    assert page.endswith("A remark.")
