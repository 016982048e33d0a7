"""The alias of a function with SnapStart, by which it is invoked: `$LATEST` has no snapshot.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
"""

SNAP_START_ALIAS = "live"
