"""Stands in for include/kybaocao/__main__.py until that exists; run.sh uses it only then. Delete it afterwards."""

import sys

assert sys.argv[1:] == ["store", "upgrade"], sys.argv
print("STUB: store upgrade")
