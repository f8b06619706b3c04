// Makes pages of the console smoother: everything works without it. It builds nothing from text, keeps nothing, and asks for nothing but
// the numbers that a page has when it is loaded.

/** How often numbers are asked for again. */
const REFRESH_MS = 10_000;
/** How long a button that was pressed cannot be pressed again. */
const PRESSED_MS = 2_000;

/** Numbers are those of now, for as long as the page is seen and somebody is signed in. */
function refreshNumbers() {
    const places = document.querySelectorAll('[data-live]');
    if (places.length === 0) {
        return;
    }
    const timer = setInterval(async () => {
        if (document.hidden) {
            return;
        }
        // Without a session the answer leads to the login, which is no answer to this.
        const answer = await fetch('/console/numbers', {redirect: 'manual'}).catch(() => null);
        if (answer?.ok) {
            const numbers = await answer.json();
            for (const place of places) {
                place.textContent = numbers[place.dataset.live] ?? place.textContent;
            }
        } else if (answer && (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 403)) {
            clearInterval(timer);
        }
    }, REFRESH_MS);
}

/** A button beside whatever is to be copied letter by letter. */
function offerCopies() {
    if (!navigator.clipboard) {
        return;
    }
    for (const secret of document.querySelectorAll('.secret, [data-copy]')) {
        const text = (secret.matches('input, textarea') ? secret.value : secret.textContent).trim();
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'plain copy';
        button.textContent = 'Copy';
        button.setAttribute('aria-live', 'polite');
        button.addEventListener('click', async () => {
            try {
                await navigator.clipboard.writeText(text);
                button.textContent = 'Copied';
            } catch {
                button.textContent = 'Copy it by hand';
            }
        });
        if (secret.matches('dd, td, li')) {
            secret.append(' ', button);
        } else {
            secret.after(' ', button);
        }
    }
}

/** Times are those of whoever looks; that of UTC appears under the pointer. */
function showLocalTimes() {
    // Swedish writes times as the server does.
    const written = new Intl.DateTimeFormat('sv-SE', {dateStyle: 'short', timeStyle: 'medium'});
    const named = new Intl.DateTimeFormat('en', {timeZoneName: 'short'});
    if (written.resolvedOptions().timeZone === 'UTC') {
        return;
    }
    for (const time of document.querySelectorAll('time[datetime]')) {
        const at = new Date(time.dateTime);
        if (!Number.isNaN(at.getTime())) {
            const zone = named.formatToParts(at).find((part) => part.type === 'timeZoneName');
            time.title = time.textContent;
            time.textContent = `${written.format(at)} ${zone.value}`;
        }
    }
}

/** A slash puts the cursor into the search, except where somebody writes. */
function searchBySlash() {
    const search = document.getElementById('wanted');
    document.addEventListener('keydown', (event) => {
        const writes = event.target.closest?.('input, textarea, select');
        if (search && event.key === '/' && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            search.focus();
        }
    });
}

/** One box that selects every row of a table whose rows can be selected. */
function offerSelectAll() {
    for (const table of document.querySelectorAll('table')) {
        const boxes = [...table.querySelectorAll('tbody input[type="checkbox"]')];
        if (boxes.length < 2) {
            continue;
        }
        const [label, all] = [document.createElement('label'), document.createElement('input')];
        all.type = 'checkbox';
        label.className = 'select-all';
        label.append(all, ' Select all on this page');
        all.addEventListener('change', () => boxes.forEach((box) => { box.checked = all.checked; }));
        table.addEventListener('change', () => { all.checked = boxes.every((box) => box.checked); });
        (table.closest('.scroll') ?? table).before(label);
    }
}

/** A second click while the first is under way sends nothing. */
function pressOnce() {
    document.addEventListener('submit', ({submitter}) => {
        // The button's own value is sent, so it is switched off after that.
        setTimeout(() => {
            if (submitter) {
                submitter.disabled = true;
                setTimeout(() => { submitter.disabled = false; }, PRESSED_MS);
            }
        });
    });
}

refreshNumbers();
offerCopies();
showLocalTimes();
searchBySlash();
offerSelectAll();
pressOnce();
