"""Widgets of the notebooks: each asks one thing and gives one answer.

The pure parts (`facets`, `totals`, `hours`, `pages`) know no widget; ipywidgets and anywidget are imported only where
one is drawn, so that the command line starts without them.
"""
