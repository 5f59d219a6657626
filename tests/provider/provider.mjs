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
  claims: { acr: null, amr: null, auth_time: null, iss: null, sid: null, openid: ["sub", "acr", "amr"] },
  ttl: { Session: 3600, Grant: 3600, Interaction: 600, AccessToken: 600, IdToken: 600 },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
// "SUBJECT pwd,otp acr=URL" as login: whom it lets in, and what its token says of how (RFC 8176); SUBJECT alone: nothing of it.
const finished = provider.interactionFinished.bind(provider);
provider.interactionFinished = (req, res, result, options) => {
  if (result.login) {
    const [accountId, ...said] = result.login.accountId.split(" ");
    const acr = said.find((one) => one.startsWith("acr="))?.slice(4);
    const amr = said.find((one) => !one.startsWith("acr="))?.split(",");
    result.login = { accountId, ...(acr && { acr }), ...(amr && { amr }) };
  }
  return finished(req, res, result, options);
};
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
