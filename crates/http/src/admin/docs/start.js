// Shows openapi.json, which stands beside the page, and nothing else: no other address is asked for, none is taken from the URL.
"use strict";

window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#operations",
  validatorUrl: null,
  queryConfigEnabled: false,
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { activated: false },
});
