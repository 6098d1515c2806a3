"use strict";

// Buttons that copy the field they name. They are hidden until this script is there to serve them: the field
// can be selected and copied without it.
document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("button[data-scim-copy]")) {
        const field = document.getElementById(button.dataset.scimCopy);
        const status = document.getElementById(button.getAttribute("aria-describedby"));
        button.hidden = false;
        button.addEventListener("click", async () => {
            field.select();
            const isCopied = await copy(field.value);
            status.textContent = isCopied ? button.dataset.scimCopied : button.dataset.scimSelected;
        });
    }

    // Browsers have the clipboard for pages over HTTPS alone; the older command does it for others.
    async function copy(text) {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch {
            return document.execCommand("copy");
        }
    }
});
