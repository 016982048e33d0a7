import { expect, test } from "vitest";
import { securityHeaders } from "./securityHeaders.mjs";

test("the policy allows only the pages' own scripts and the stack's endpoints", () => {
  const config = {
    webSocketUrl: "wss://abc.execute-api.eu-central-1.amazonaws.com/live",
    httpUrl: "https://def.execute-api.eu-central-1.amazonaws.com/live",
    region: "eu-central-1",
  };
  const policy = securityHeaders(JSON.stringify(config))["Content-Security-Policy"] ?? "";
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain("unsafe");
  expect(policy).toContain(
    "connect-src 'self' wss://abc.execute-api.eu-central-1.amazonaws.com " +
      "https://def.execute-api.eu-central-1.amazonaws.com https://cognito-idp.eu-central-1.amazonaws.com;",
  );
});
