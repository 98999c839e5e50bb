"""python -m kybaocao …"""

import sys

from kybaocao.cli import main

sys.exit(main())
