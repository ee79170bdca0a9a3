"""What laptop and central record say to each other: shapes and limits, checked strictly on both sides.

Order in a session: hello (`greeting`), push (`steps`), pull (`pages`), verify (`sums`); before the first one,
enrol (`enrolling`). What holds of every message stands in `said`.
"""
