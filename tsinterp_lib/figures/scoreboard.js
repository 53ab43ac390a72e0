// Shows the rows of the table beside it that match every choice; no library, no network, works from file://.
(function () {
  const root = document.currentScript.closest(".tsb");
  const choices = Array.from(root.querySelectorAll("select"));
  const rows = Array.from(root.querySelectorAll("tbody tr"));
  const told = root.querySelector(".tsb-count");

  function update() {
    let shown = 0;
    for (const row of rows) {
      const keep = choices.every((c) => c.value === "" || row.dataset[c.name] === c.value);
      row.hidden = !keep;
      if (keep) shown += 1;
    }
    told.textContent = shown + " of " + rows.length + " numbers";
  }

  for (const choice of choices) choice.addEventListener("change", update);
  update();
})();
