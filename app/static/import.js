// Live progress: the numbers move while the import runs; at its end the page is loaded with all outcomes.
const tally = document.querySelector("[data-progress]");
const bar = document.querySelector("#progress");

async function look() {
  const answer = await fetch(tally.dataset.progress);
  if (!answer.ok) return;
  const state = await answer.json();
  bar.value = state.percent;
  for (const [status, count] of Object.entries(state.counts)) {
    const place = tally.querySelector(`[data-count="${status}"]`);
    if (place) place.textContent = count.toLocaleString(document.documentElement.lang);
  }
  if (state.ended) location.reload();
  else setTimeout(look, 700);
}

if (tally.dataset.progress) look();
