"use strict";

// Asks every few seconds what has arrived, and ticks it. Nothing else of the page changes, so that a token that
// is shown stays. It ends when all has arrived, or when the link is no longer valid.
document.addEventListener("DOMContentLoaded", () => {
    const list = document.getElementById("scim-progress");
    const byHand = document.getElementById("scim-by-hand");
    if (byHand) {
        byHand.hidden = true;
    }
    if (!list || "isDone" in list.dataset) {
        return;
    }
    const timer = setInterval(look, 10_000);

    async function look() {
        if (document.hidden) {
            return;
        }
        try {
            const response = await fetch(location.href, { cache: "no-store" });
            if (response.status === 404) {
                clearInterval(timer);
            } else if (response.ok) {
                tick(new DOMParser().parseFromString(await response.text(), "text/html"));
            }
        } catch {
            // The network is away: there is another time.
        }
    }

    function tick(page) {
        const fresh = page.getElementById("scim-progress");
        for (const item of fresh?.children ?? []) {
            const shown = list.querySelector(`[data-step="${item.dataset.step}"]`);
            if (shown && shown.outerHTML !== item.outerHTML) {
                shown.replaceWith(document.importNode(item, true));
            }
        }
        if (fresh && "isDone" in fresh.dataset) {
            clearInterval(timer);
        }
    }
});
