// Facets and sort order act at once, and the back button undoes them. Without this the form is sent as a whole.
import { narrow, suggest } from "./page.js";

const wide = matchMedia("(min-width: 901px)");
let request = null;

function form() {
  return document.querySelector("#search");
}

function address() {
  const fields = new FormData(form());
  const params = new URLSearchParams();
  const usual = form().querySelector("#sort").options[0].value;
  for (const [name, value] of fields) {
    if (name && value && !(name === "sort" && value === usual)) params.append(name, value);
  }
  return `${form().getAttribute("action")}?${params}`;
}

async function load(url, push) {
  request?.abort();
  request = new AbortController();
  form().classList.add("busy");
  const focused = document.activeElement;
  const place = focused?.name ? `[name="${CSS.escape(focused.name)}"][value="${CSS.escape(focused.value)}"]` : null;
  const opened = [...form().querySelectorAll("details[open]")].map((one) => one.closest("fieldset").querySelector("legend").textContent);
  let answer;
  try {
    answer = await fetch(url, { signal: request.signal, headers: { Accept: "text/html" } });
  } catch (error) {
    if (error.name !== "AbortError") location.href = url;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#search");
  if (!fresh) {
    location.href = url;
    return;
  }
  form().replaceWith(fresh);
  document.title = page.title;
  if (push) history.pushState(null, "", url);
  ready();
  for (const details of fresh.querySelectorAll("fieldset details")) {
    details.open ||= opened.includes(details.closest("fieldset").querySelector("legend").textContent);
  }
  if (place) fresh.querySelector(place)?.focus({ preventScroll: true });
  for (const link of document.querySelectorAll(".switches a")) renew(link);
}

/** The switches of language and look keep the state of the address. */
function renew(link) {
  const own = new URL(link.href).searchParams;
  const url = new URL(location.href);
  for (const name of ["lang", "look"]) {
    url.searchParams.delete(name);
    if (own.has(name)) url.searchParams.set(name, own.get(name));
  }
  link.href = url.pathname + url.search;
}

function ready() {
  document.documentElement.classList.add("live");
  form().addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox]") && (wide.matches || event.target.matches("select"))) load(address(), true);
  });
  if (form().dataset.ready === undefined && document.readyState === "complete") {
    form().querySelectorAll("[data-suggest]").forEach(suggest);
    form().querySelectorAll("[data-narrow]").forEach(narrow);
  }
  form().dataset.ready = "";
}

form().dataset.ready = "";
ready();
addEventListener("popstate", () => load(location.href, false));
