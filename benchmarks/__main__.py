"""All scenarios, one after the other."""

from benchmarks import (
    archives,
    fan_out,
    join_burst,
    keep_alive,
    latency,
    message_cost,
    stalled_listener,
    validation,
)

for title, scenario in {
    "Fan-out of one message": fan_out,
    "One stalled listener": stalled_listener,
    "From publish to receipt": latency,
    "Cost of a message": message_cost,
    "A burst of joins": join_burst,
    "A keep-alive run": keep_alive,
    "Validation of a message": validation,
    "One archive for each handler": archives,
}.items():
    print(f"\n{title}\n")
    scenario.main()
