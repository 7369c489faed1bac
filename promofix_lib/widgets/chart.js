// The hourly chart: grey bars for all orders, a colour per incident on them, and a window with two handles.

const CHART = { height: 176, left: 44, right: 10, top: 10, bottom: 36 };

function chartPart({ screen, t, ask }) {
  const everything = h("path", { class: "pf-everything" });
  const chosen = h("g", { class: "pf-parts" });
  const grid = h("g", { class: "pf-grid", "aria-hidden": "true" });
  const shade = h("rect", { class: "pf-shade", y: CHART.top, height: CHART.height - CHART.top - CHART.bottom });
  const handles = { onset: handle("onset"), end: handle("end") };
  const svg = h("svg", { class: "pf-chart", role: "group", "aria-label": t("chart"), height: CHART.height },
    shade, grid, everything, chosen, handles.onset, handles.end);
  const caption = h("p", { class: "pf-caption" });
  const under = h("p", { class: "pf-under" });
  const fields = Object.fromEntries(["onset", "end"].map((side) => [side, h("label", {}, `${t(side)} `,
    h("input", { type: "text", size: 17, onchange: (event) => ask({ do: "moment", side, text: event.target.value }) }))]));
  const tools = h("div", { class: "pf-tools", role: "group", "aria-label": t("zoom") },
    ...["earlier", "later", "closer", "wider", "window", "whole"].map((how) =>
      h("button", { type: "button", onclick: () => ask({ do: "zoom", how }) }, t(`zoom_${how}`))));
  const numbers = h("tbody", {});
  const readable = h("details", { class: "pf-readable", ontoggle: () => drawNumbers() }, h("summary", {}, t("hours_table")),
    h("div", { class: "pf-scroll", tabindex: 0, role: "region", "aria-label": t("hours_table") }, h("table", {}, h("thead", {}, h("tr", {},
      ...["hour_from", "hour_all", "hour_affected"].map((name) => h("th", { scope: "col" }, t(name))))), numbers)));
  const root = h("section", { class: "pf-hours", "aria-label": t("chart") }, tools, svg,
    h("div", { class: "pf-window" }, caption, fields.onset, fields.end, readable), under);

  let width = 800;
  let moved = null; // the window as the reader moves it, ahead of Python's answer
  let settle = null;
  const chart = () => screen().chart;
  const clock = () => clockOf(screen());
  const shown = () => moved ?? { onset: chart().onset, end: chart().end };
  const inside = (seconds) => Math.min(Math.max(seconds, chart().first), chart().last);
  const x = (seconds) => CHART.left + ((seconds - chart().from) / (chart().to - chart().from)) * (width - CHART.left - CHART.right);
  const secondsAt = (event) => {
    const share = (event.clientX - svg.getBoundingClientRect().left - CHART.left) / (width - CHART.left - CHART.right);
    return chart().from + Math.min(Math.max(share, 0), 1) * (chart().to - chart().from);
  };

  function handle(side) {
    return h("g", { class: "pf-handle", role: "slider", tabindex: 0, "aria-label": t(`${side}_handle`), "aria-orientation": "horizontal",
      onkeydown: (event) => onKey(event, side), onblur: () => settle && finish(),
      onpointerdown: (event) => grab(event, (seconds) => move({ ...shown(), [side]: hourNear(seconds) })) },
      h("line", { y1: CHART.top - 4, y2: CHART.height - CHART.bottom }), h("rect", { class: "pf-grip", y: CHART.top, width: 24, x: -12, height: CHART.height - CHART.top - CHART.bottom }),
      h("circle", { cy: (CHART.height - CHART.bottom + CHART.top) / 2, r: 7 }));
  }

  const hourNear = (seconds) => Math.round(seconds / 3600) * 3600;

  function onKey(event, side) {
    const now = inside(shown()[side] ?? (side === "onset" ? chart().first : chart().last));
    const next = (size) => Math.floor(now / size) * size + size;
    const previous = (size) => Math.ceil(now / size) * size - size;
    const aim = {
      ArrowRight: () => next(3600), ArrowUp: () => next(3600), ArrowLeft: () => previous(3600), ArrowDown: () => previous(3600),
      PageUp: () => now + 86400, PageDown: () => now - 86400, Home: () => chart().first, End: () => chart().last,
    }[event.key];
    if (!aim || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move({ ...shown(), [side]: inside(aim()) });
    clearTimeout(settle);
    settle = setTimeout(finish, 700); // a run of key presses is one decision
  }

  function move({ onset, end }) {
    const turned = onset !== null && end !== null && onset > end;
    moved = turned ? { onset: end, end: onset } : { onset, end };
    drawWindow();
    ask({ do: "window", ...moved, commit: false, latest: "window" });
  }

  function finish() {
    clearTimeout(settle);
    settle = null;
    if (moved) ask({ do: "window", ...moved, commit: true, latest: "window" });
  }

  function grab(event, follow) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.focus();
    const start = event.clientX;
    let dragging = false;
    const onMove = (now) => {
      dragging ||= Math.abs(now.clientX - start) > 3;
      if (dragging) follow(secondsAt(now));
    };
    const onUp = () => {
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onUp);
      if (dragging) finish();
    };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onUp);
  }

  shade.addEventListener("pointerdown", (event) => {
    const from = secondsAt(event);
    const { onset, end } = shown();
    if (onset === null || end === null) return;
    grab(event, (seconds) => {
      const by = hourNear(seconds - from);
      move({ onset: inside(onset + by), end: inside(end + by) });
    });
  });
  svg.addEventListener("pointerdown", (event) => {
    const from = hourNear(secondsAt(event));
    grab(event, (seconds) => move({ onset: from, end: hourNear(seconds) }));
  });
  svg.addEventListener("pointermove", (event) => {
    const { bars } = chart();
    const place = Math.floor((secondsAt(event) - bars.start) / bars.step);
    if (bars.everything[place] === undefined) return;
    say(under, t("hour", { when: clock().full(bars.start + place * bars.step), all: bars.everything[place], n: chosenAt(place) }));
  });
  svg.addEventListener("pointerleave", () => say(under, barsSay()));

  const chosenAt = (place) => chart().bars.chosen.reduce((sum, [, counts]) => sum + counts[place], 0);
  const barsSay = () => t("bars", { hours: chart().bars.step / 3600, zone: chart().zone.replaceAll("_", " ") });

  function drawWindow() {
    const { onset, end } = shown();
    const left = x(Math.max(onset ?? chart().from, chart().from));
    const right = x(Math.min(end ?? chart().to, chart().to));
    shade.setAttribute("x", left);
    shade.setAttribute("width", Math.max(right - left, 0));
    for (const [side, moment] of [["onset", onset], ["end", end]]) {
      const place = moment ?? (side === "onset" ? chart().first : chart().last);
      const node = handles[side];
      const seen = Math.min(Math.max(place, chart().from), chart().to);
      node.setAttribute("transform", `translate(${x(seen)},0)`);
      node.classList.toggle("pf-beyond", seen !== place);
      node.setAttribute("aria-valuemin", chart().first);
      node.setAttribute("aria-valuemax", chart().last);
      node.setAttribute("aria-valuenow", inside(place));
      node.setAttribute("aria-valuetext", moment === null ? t("open_side") : clock().full(moment));
    }
    const hours = onset !== null && end !== null ? Math.round((end - onset) / 360) / 10 : null;
    const name = (moment) => (moment === null ? "…" : clock().full(moment));
    say(caption, `${name(onset)} → ${name(end)}${hours === null ? "" : ` (${t("hours", { n: hours })})`}`);
  }

  function draw() {
    const { bars, days, from, to } = chart();
    if (!chart().preview) moved = null; // the window is saved: Python's is the true one
    svg.setAttribute("width", width);
    const floor = CHART.height - CHART.bottom;
    const y = (count) => floor - (count / bars.top) * (floor - CHART.top);
    const outline = (counts, below = []) => counts.map((count, place) => {
      if (!count) return "";
      const foot = below[place] ?? 0;
      const left = x(bars.start + place * bars.step);
      const right = Math.min(x(bars.start + (place + 1) * bars.step), width - CHART.right);
      return `M${left.toFixed(1)} ${y(foot).toFixed(1)}V${y(foot + count).toFixed(1)}H${Math.max(right - 0.7, left + 0.7).toFixed(1)}V${y(foot).toFixed(1)}z`;
    }).join("");
    everything.setAttribute("d", outline(bars.everything));
    const below = bars.everything.map(() => 0);
    keyed(chosen, bars.chosen, ([number]) => number, ([number]) => h("path", { class: `pf-chosen pf-part-${number % 6}` }), (path, [, counts]) => {
      path.setAttribute("d", outline(counts, below));
      counts.forEach((count, place) => { below[place] += count; });
    });
    grid.replaceChildren(...countLabels(bars.top, y), ...dayLabels(days, from, to, floor));
    drawWindow();
    say(under, barsSay());
    drawNumbers();
    for (const [side, label] of Object.entries(fields)) fill(label.control, chart()[`${side}_text`]);
  }

  /** The same bars as numbers, for those who do not see them; bars without orders are left out. */
  function drawNumbers() {
    if (!readable.open) return;
    const { bars } = chart();
    const rows = bars.everything.map((all, place) => [bars.start + place * bars.step, all, chosenAt(place)]).filter(([, all]) => all);
    keyed(numbers, rows, (row) => row[0], ([start]) => h("tr", {}, h("th", { scope: "row" }, clock().full(start)), h("td", {}), h("td", {})),
      (node, [, all, chosen]) => { say(node.children[1], String(all)); say(node.children[2], String(chosen)); });
  }

  function countLabels(top, y) {
    return [0, top / 2, top].flatMap((count) => [
      h("line", { x1: CHART.left, x2: width - CHART.right, y1: y(count), y2: y(count) }),
      h("text", { x: CHART.left - 6, y: y(count) + 4, "text-anchor": "end" }, String(count)),
    ]);
  }

  function dayLabels(days, from, to, floor) {
    const wide = ((width - CHART.left) * 86400) / (to - from);
    const every = Math.ceil(76 / wide);
    const labels = days.filter((day, place) => place % every === 0 && x(day) < width - 70).flatMap((day) => [
      h("line", { x1: x(day), x2: x(day), y1: floor, y2: floor + 18 }),
      h("text", { x: x(day) + 4, y: floor + 30 }, clock().day(day)),
    ]);
    const step = [1, 2, 3, 6, 12].find((hours) => (wide * hours) / 24 > 40);
    if (!step) return labels;
    for (let moment = Math.ceil(from / 3600) * 3600; moment < to; moment += 3600) {
      const hour = clock().hour(moment);
      if (hour % step === 0 && x(moment) < width - 40) labels.push(h("text", { x: x(moment) + 4, y: floor + 14 }, `${String(hour).padStart(2, "0")}:00`));
    }
    return labels;
  }

  const watcher = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now > 100 && now !== width) {
      width = now;
      draw();
    }
  });
  watcher.observe(root);
  return { root, draw, close: () => watcher.disconnect() };
}
