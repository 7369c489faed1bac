// What is saved of a page: nothing of its widgets, whichever server, setting or program saves it; they are opened by
// running the page. And words that name a buyer: a message brings them when they are shown, no state holds them.

function initialize({ model }) {
  const nothing = { version_major: 2, version_minor: 0, state: {} };
  Object.assign(model.widget_manager, { get_state_sync: () => nothing, get_state: async () => nothing });
}

function showAside({ model, el }) {
  const show = ({ words, language }) => Object.assign(el, { textContent: words, lang: language });
  const links = (event) => follow(event, model.widget_manager, el);
  document.addEventListener("click", links, true);
  model.on("msg:custom", show);
  model.send({});
  return () => {
    document.removeEventListener("click", links, true);
    model.off("msg:custom", show);
  };
}

/** A link of this page to another: JupyterLab opens that and, where it lets us, runs it; elsewhere the browser opens it. */
async function follow(event, { context, rendermime }, el) {
  const link = event.target.closest?.("a[href*='.ipynb']");
  if (event.ctrlKey || event.metaKey || !link || !el.closest(".jp-Notebook")?.contains(link)) return;
  const file = /\/files\/(.+)/.exec(link.pathname)?.[1]; // of a link in a text, as JupyterLab made it
  const path = file ? decodeURIComponent(file) : context.path.replace(/[^/]*$/, link.getAttribute("href"));
  const app = window.jupyterapp;
  if (!app) return file || rendermime?.linkHandler?.handleLink(link, path);
  event.preventDefault();
  event.stopImmediatePropagation();
  const page = await app.commands.execute("docmanager:open", { path });
  await Promise.all([page?.context?.ready, page?.context?.sessionContext.ready]);
  if (page) app.shell.activateById(page.id);
  // the command is for the page in front, and it comes to the front in its own time
  const runs = () => app.shell.currentWidget === page && app.commands.isEnabled("notebook:run-all-cells");
  for (let tries = 600; page && tries; tries--) {
    if (runs()) return app.commands.execute("notebook:run-all-cells");
    await new Promise(requestAnimationFrame);
  }
}
