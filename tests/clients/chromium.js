// Chromium (playwright-core), as people have it, and axe (@axe-core/playwright) as its observer. Loads nothing but what the driver
// names, trusts the certificate of the server under test and no other, and keeps to the Content-Security-Policy of each page.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');
const tls = require('tls');

const MODULES = process.env.VESTIBULE_CLIENTS_NODE_MODULES;
const {chromium} = require(path.join(MODULES, 'playwright-core'));
const {AxeBuilder} = require(path.join(MODULES, '@axe-core/playwright'));

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];

let pictures = 0;

/** The digest by which Chromium is told to trust a server's key. */
function pin(address) {
    const {hostname, port} = new URL(address);
    return new Promise((resolve, reject) => {
        const ca = fs.readFileSync(process.env.VESTIBULE_CA);
        const socket = tls.connect({host: hostname, port: Number(port), servername: hostname, ca}, () => {
            const key = new crypto.X509Certificate(socket.getPeerCertificate().raw).publicKey.export({type: 'spki', format: 'der'});
            socket.end();
            resolve(crypto.createHash('sha256').update(key).digest('base64'));
        });
        socket.on('error', reject);
    });
}

/** Runs `steps` with a browser that is gone afterwards. */
async function withBrowser(address, limitMs, steps) {
    setTimeout(() => { throw new Error('the browser takes too long'); }, limitMs).unref();
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-chromium-'));
    const trusted = address.startsWith('https:') ? [`--ignore-certificate-errors-spki-list=${await pin(address)}`] : [];
    const browser = await chromium.launch({
        executablePath: process.env.VESTIBULE_CHROMIUM || '/usr/bin/chromium',
        args: [...FLAGS, ...trusted],
        env: {...process.env, HOME: home},
    });
    try {
        await steps(browser);
    } finally {
        await browser.close();
        fs.rmSync(home, {recursive: true, force: true});
    }
}

/** A browser of somebody, for the pages of the service at `ours` and of those `others`. Pages of others may want more, and get none. */
async function somebody(browser, ours, others, options) {
    const own = await browser.newContext({viewport: {width: 1000, height: 760}, ...options});
    own.setDefaultTimeout(60_000);
    const origins = [ours, ...others].map((address) => new URL(address).origin);
    await own.route('**/*', (route) => {
        const request = route.request();
        if (origins.includes(new URL(request.url()).origin)) {
            return route.continue();
        }
        assert.ok(!request.frame().url().startsWith(ours), `a page of the service asked for ${request.url()}`);
        return route.abort();
    });
    own.on('console', (message) => {
        const ofOurs = message.location().url.startsWith(ours);
        assert.ok(!(ofOurs && /Content Security Policy/.test(message.text())), message.text());
    });
    return own;
}

/** Has axe look at the page, and keeps a picture of it. VESTIBULE_SCREENSHOTS is a folder for these. */
async function look(page, name) {
    // A page that a click has led to may still be without its colours.
    await page.waitForLoadState('load');
    if (process.env.VESTIBULE_SCREENSHOTS) {
        await page.screenshot({path: path.join(process.env.VESTIBULE_SCREENSHOTS, `${++pictures}-${name}.png`), fullPage: true});
    }
    const found = await new AxeBuilder({page}).analyze();
    const told = found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(' ')}`);
    assert.deepStrictEqual(told, [], `axe on ${name}`);
}

module.exports = {withBrowser, somebody, look};
