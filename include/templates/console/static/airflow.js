// Asks Airflow's public API in the name of who is logged in, so that Airflow's own rights decide: compile now, decide.
(() => {
  "use strict";
  async function send(form) {
    const outcome = form.querySelector("[data-answer]");
    const body = JSON.parse(form.dataset.body);
    const note = form.elements.namedItem("note");
    if (note) body.note = note.value.trim();
    let refusal;
    try {
      const answer = await fetch(form.dataset.url, {
        method: form.dataset.call,
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (answer.ok) { location.assign(form.dataset.done); return; }
      refusal = form.getAttribute(`data-refused-${answer.status}`) || `${form.dataset.refused} (${answer.status})`;
    } catch {
      refusal = form.dataset.refused;
    }
    outcome.textContent = refusal;
    outcome.hidden = false;
    form.querySelector("button").disabled = false;
  }
  for (const form of document.querySelectorAll("form[data-call]")) {
    const button = form.querySelector("button");
    button.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      send(form);
    });
  }
})();
