"""What the HTML report is made of: templates, style and script as files, and what they are given.

timeline.py   geometry of the chart        rules.py    a rule as YAML: its detection, a skeleton for a new one
quotes.py     evidence with its context    filters.py  how values are written
page.html, parts.html, style.css, script.js
"""
