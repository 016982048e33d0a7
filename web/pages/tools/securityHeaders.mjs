/**
 * @typedef {object} Config
 * @property {string} [webSocketUrl]
 * @property {string} [httpUrl]
 * @property {string} [region]
 * @property {string} [cognitoEndpoint]
 */

/**
 * Returns the security headers of the hosted site: the pages load their own files only, and connect to the
 * stack's endpoints only.
 *
 * @param {string} configText the stack's frontendConfig
 * @returns {Record<string, string>}
 */
export function securityHeaders(configText) {
  /** @type {unknown} */
  const parsed = JSON.parse(configText);
  const config = /** @type {Config} */ (parsed);
  const cognito =
    config.cognitoEndpoint ?? `https://cognito-idp.${config.region ?? "us-east-1"}.amazonaws.com`;
  const endpoints = [config.webSocketUrl, config.httpUrl, cognito]
    .filter((url) => url !== undefined)
    .map((url) => new URL(url).origin);
  const policy = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "blob:",
    "connect-src": ["'self'", ...new Set(endpoints)].join(" "),
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
  };
  return {
    "Content-Security-Policy": Object.entries(policy)
      .map(([directive, sources]) => `${directive} ${sources}`)
      .join("; "),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
}
