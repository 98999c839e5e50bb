"""The season simulator: whole reporting seasons played over the pure core, thousands a minute.

    register   a plan with as many agencies as wanted
    events     what happens in a season: files, outages, a wrong clock
    chance     a season by chance, and the decisions that come with it
    replay     a season written down in a file
    playing    the passes of a season; calls what the stages call: find_outstanding, due_steps, is_outdated
    proof      what must hold of every season, computed another way
    story      one season described day by day, many in figures

Operators use it to try a ladder before switching it on: `python -m kybaocao season --ladder FILE`.
"""
