/** Unguessable text of 32 characters: 192 bits of the platform's cryptographic source, in base64url. */
export function token(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
