// The card on Airflow's Home. Airflow gives React; nothing is built and nothing else is loaded.
const React = globalThis.React;
const h = React.createElement;
const console_ = new URL(".", import.meta.url); // …/kybaocao/
// Airflow shows a page in its frame under the full path that the page has on the server.
const pages = new URL(`../plugin/dieu-hanh${console_.pathname}`, console_);
const EVERY = 60000;

const styles = {
  card: { border: "1px solid color-mix(in srgb, currentColor 25%, transparent)", borderRadius: 8, padding: "12px 16px", margin: "12px 0" },
  head: { display: "flex", justifyContent: "space-between", gap: 16, alignItems: "baseline", margin: "0 0 8px" },
  facts: { display: "flex", flexWrap: "wrap", gap: "4px 24px", margin: "4px 0", padding: 0, listStyle: "none" },
  // Airflow's own style takes the colour and the line off links.
  link: { fontWeight: 600, textDecoration: "underline", textUnderlineOffset: 3 },
  alarm: { borderLeft: "4px solid #d9362b", padding: "4px 10px", margin: "0 0 8px", fontWeight: 600 },
  soft: { opacity: 0.85, margin: 0 },
};

const address = (path) => new URL(path, pages).href;

function Fact({ fact }) {
  const value = fact.path && fact.value !== 0
    ? h("a", { href: address(fact.path), style: styles.link }, fact.value)
    : h("span", { style: { fontWeight: 600 } }, fact.value);
  return h("li", null, fact.label, ": ", value);
}

function Cycle({ cycle }) {
  return h("div", { style: { margin: "0 0 10px" } },
    h("a", { href: address(cycle.path), style: styles.link }, cycle.title),
    h("ul", { style: styles.facts }, cycle.facts.map((fact) => h(Fact, { key: fact.label, fact }))),
    h("p", { style: styles.soft }, cycle.due));
}

function Card() {
  const [card, setCard] = React.useState(null);
  const [failed, setFailed] = React.useState(false);
  React.useEffect(() => {
    let over = false;
    const load = () => {
      if (document.hidden) return;
      fetch(new URL("the", console_), { credentials: "same-origin", headers: { accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
        .then((found) => { if (!over) { setCard(found); setFailed(false); } })
        .catch(() => { if (!over) setFailed(true); });
    };
    load();
    const timer = setInterval(load, EVERY);
    document.addEventListener("visibilitychange", load);
    return () => { over = true; clearInterval(timer); document.removeEventListener("visibilitychange", load); };
  }, []);
  if (!card) return failed ? h("p", { role: "alert" }, "Kỳ Báo Cáo: không đọc được dữ liệu") : null;
  return h("section", { style: styles.card, "aria-label": card.title },
    h("div", { style: styles.head }, h("strong", null, card.title), h("a", { href: address(""), style: styles.link }, card.open_text)),
    failed && h("p", { role: "alert", style: styles.alarm }, "Kỳ Báo Cáo: không đọc được dữ liệu"),
    card.alarm && h("p", { role: "alert", style: styles.alarm }, card.alarm),
    card.cycles.length ? card.cycles.map((cycle) => h(Cycle, { key: cycle.path, cycle })) : h("p", null, card.empty_text),
    card.closed.length > 0 && h("details", null,
      h("summary", null, `${card.closed_text} (${card.closed.length})`),
      card.closed.map((cycle) => h(Cycle, { key: cycle.path, cycle }))));
}

globalThis.AirflowPlugin = Card;
