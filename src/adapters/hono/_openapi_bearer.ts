/** How credentials are sent, in words of OpenAPI and AsyncAPI alike. */
export const BEARER = {
  type: "http",
  scheme: "bearer",
  description: "A token that the gateway was configured with. Each operation names the scopes that it asks of it.",
} as const;
