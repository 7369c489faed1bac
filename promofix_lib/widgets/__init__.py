"""Widgets of the notebooks: each asks one thing and gives one answer.

The pure parts (`choice`, `counts`, `pages`, `panel_view`) know no widget; ipywidgets and anywidget are imported only
where one is drawn, so that the command line starts without them.
"""
