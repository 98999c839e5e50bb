"""python -m kybaocao …"""

import sys

try:
    from kybaocao.cli import main

    status = main()
except KeyboardInterrupt:  # before there is anything to stop: loading takes a second
    status = 130
sys.exit(status)
