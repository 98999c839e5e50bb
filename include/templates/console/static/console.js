// What a page cannot do without script: follow Airflow's theme, leave the frame, ask before an action.
(() => {
  "use strict";
  const parentDocument = (() => {
    try { return window.parent !== window ? window.parent.document : null; } catch { return null; }
  })();

  function followTheme() {
    const outer = parentDocument ? parentDocument.documentElement.className : "";
    const wished = new URLSearchParams(location.search).get("theme");
    const isDark = wished ? wished === "dark"
      : parentDocument ? outer.split(/\s+/).includes("dark")
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  }
  followTheme();
  if (parentDocument) {
    new MutationObserver(followTheme).observe(parentDocument.documentElement, { attributes: true, attributeFilter: ["class"] });
  }

  // The frame forbids target=_top: a link that leaves it is clicked in the page around it.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-leave]") : null;
    if (!link || !parentDocument) return;
    event.preventDefault();
    const outer = parentDocument.createElement("a");
    outer.href = link.href;
    parentDocument.body.append(outer);
    outer.click();
    outer.remove();
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
  });
})();
