// Judges SAML responses as @node-saml/node-saml does. Standard input: {certificate, issuer, audience, address, documents:
// {name: base64}}. Standard output: {name: the subject, or null where the document is refused}.
"use strict";
const { SAML } = require("@node-saml/node-saml");

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const asked = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const saml = new SAML({
    idpCert: asked.certificate,
    issuer: asked.audience,
    audience: asked.audience,
    callbackUrl: asked.address,
    idpIssuer: asked.issuer,
    // One signature is enough, as with us. Times are those of the test, and compared elsewhere.
    wantAuthnResponseSigned: false,
    wantAssertionsSigned: false,
    acceptedClockSkewMs: -1,
    validateInResponseTo: "never",
  });
  const verdicts = {};
  for (const [name, document] of Object.entries(asked.documents)) {
    try {
      const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: document });
      verdicts[name] = profile ? profile.nameID : null;
    } catch {
      verdicts[name] = null;
    }
  }
  process.stdout.write(JSON.stringify(verdicts));
}

main();
