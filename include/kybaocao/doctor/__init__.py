"""What a live start needs, tried: `python -m kybaocao doctor`.

    probing         what a probe is, and running many of them, each by itself
    configuration   the files of the plans, the cycles of today, whether replays are on
    folders         rights, names, room; one scratch file where an agency's files will lie
    database        reachable, of the right version, written to and taken back
    clock           time zones, and our clock against those of the disk, the database and the audit trail
    documents       LibreOffice, and the fonts that really get into a PDF
    reading         a form of ours through the sandbox
    mail            one real letter to oneself
    accounts        who may approve, and with what passwords

A probe leaves nothing behind.  What only Airflow knows is asked in `adapters.examination`.
"""
