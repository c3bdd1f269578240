"use strict";

// Draws the API's documentation from the contract that this installation serves.
// A logged-in reader's own requests carry the CSRF token, so that trying out a write works.
addEventListener("DOMContentLoaded", () => {
  const page = document.getElementById("api-docs");

  SwaggerUIBundle({
    domNode: page,
    url: page.dataset.contract,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    validatorUrl: null, // the validator is another host
    requestInterceptor: (request) => {
      if (!["GET", undefined].includes(request.method)) {
        request.headers["X-CSRFToken"] = page.dataset.csrfToken;
      }
      return request;
    },
  });
});
