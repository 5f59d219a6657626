// A real OpenID Connect provider for the tests: its own login form, any name with any password, as its makers ship it.
// node provider.mjs PORT CLIENT SECRET REDIRECT...
import Provider from "oidc-provider";

const [port, client_id, client_secret, ...redirect_uris] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris, token_endpoint_auth_method: "client_secret_post" }],
  cookies: { keys: ["for tests alone"] },
  pkce: { required: () => true },
  conformIdTokenClaims: true,
  ttl: { Session: 3600, Grant: 3600, Interaction: 600, AccessToken: 600, IdToken: 600 },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
