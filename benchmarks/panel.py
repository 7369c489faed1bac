"""How long from a key press to the changed picture: our panel beside plain ipywidgets with matplotlib.

Both run in the same JupyterLab in the same Chromium, one after the other, on the same made-up orders; medians of the
presses, in milliseconds. ``python -m benchmarks.panel [sizes …]``
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import QUIET, chromium
from tests.browser.lab import Lab, serve

PRESSES = 15

OURS = """from pathlib import Path
from promofix_lib.widgets.order_filter import OrderFilter
from tests.panel_case import TableCase, night_of_orders
OrderFilter(TableCase.of(Path('case-{size}'), night_of_orders({size})))"""

PLAIN = """import ipywidgets, matplotlib.pyplot as plt
from IPython.display import HTML, display
from promofix_lib.incident import affected
from tests.panel_case import ONSET, RULE, night_of_orders
from dataclasses import replace
from datetime import timedelta
orders, out = night_of_orders({size}), ipywidgets.Output()
hours = orders['purchase_date'].dt.floor('h')
window = ipywidgets.IntRangeSlider(value=(0, 9), min=-72, max=48)
def show(change=None):
    low, high = (ONSET + timedelta(hours=hour) for hour in window.value)
    chosen = orders[affected(orders, replace(RULE, onset=low, end=high))]
    with out:
        out.clear_output(wait=True)
        figure, axes = plt.subplots(figsize=(9, 2))
        for part in (hours, hours[chosen.index]):
            counts = part.value_counts().sort_index()
            axes.bar(counts.index, counts.values, width=0.04)
        plt.show()
        display(HTML(chosen.head(25)[['order_id', 'purchase_date', 'sku', 'quantity']].to_html()))
window.observe(show, 'value')
show()
ipywidgets.VBox([window, out])"""

# press a key on `handle`, wait until something below `watched` changes and is painted
PRESS = """async ([handle, watched, key]) => {
  const node = document.querySelector(handle), place = document.querySelector(watched);
  node.focus();
  const start = performance.now();
  const changed = new Promise((resolve, reject) => {
    const observer = new MutationObserver((changes) => {
      if (!changes.some((change) => change.type === 'attributes' || change.addedNodes.length)) return;
      if (place.matches('.jp-OutputArea') && !place.querySelector('img')) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    });
    observer.observe(place, {attributes: true, childList: true, subtree: true, attributeFilter: ['d', 'src']});
    setTimeout(() => reject(new Error('nothing changed within 10 s')), 10000);
  });
  node.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  return changed;
}"""
WAYS = {
    "promofix": (OURS, ".pf-handle", ".pf-chosen"),
    "ipywidgets + matplotlib": (PLAIN, ".noUi-handle-lower", ".widget-output .jp-OutputArea"),
}


def presses(lab: Lab, page: Any, way: str, size: int) -> list[float]:
    """Milliseconds of each key press."""
    cell, handle, watched = WAYS[way]
    name = lab.write(f"notebooks/{way.split()[0]}-{size}.ipynb", cell.replace("{size}", str(size)))
    lab.open(page, name)
    lab.run_all(page)
    page.locator(handle).first.wait_for(timeout=60_000)
    page.locator(watched).first.wait_for(timeout=60_000, state="attached")
    page.wait_for_timeout(1000)
    taken = []
    for press in range(PRESSES + 1):
        taken.append(page.evaluate(PRESS, [handle, watched, "ArrowLeft" if press % 2 else "ArrowRight"]))
        page.wait_for_timeout(900)
        lab.ready(page)
    lab.restart()
    return taken[1:]  # the first one pays for what is made once


def main(sizes: Sequence[int]) -> None:
    """Measure and print one line per way and size."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as lab, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=QUIET)
        print(f"{'orders':>8}  {'way':<24}  median ms  slowest ms   ({PRESSES} key presses)")
        for size in sizes:
            for way in WAYS:
                page = browser.new_page(viewport={"width": 1400, "height": 1250})
                taken = presses(lab, page, way, size)
                print(f"{size:>8,}  {way:<24}  {statistics.median(taken):>9.0f}  {max(taken):>10.0f}", flush=True)
                page.close()
        browser.close()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [300, 10_000, 100_000])
