/**
 * The app as a Worker: `wrangler dev`, with `SECRET` and `TOKEN` in `.dev.vars`. Its service is called through a binding
 * of the Worker to itself, for no Worker may fetch its own address.
 *
 * @module
 */
import { gateway, gatewayObject, type ObjectNamespace, type ServiceBinding } from "@bellhop/bellhop/workers";
import { app } from "./app.ts";

interface Env {
  readonly BUS: ObjectNamespace;
  readonly SELF: ServiceBinding;
  readonly SECRET: string;
  readonly TOKEN: string;
}

/** The object in which bus and registry run. */
export const Bus = gatewayObject<Env>(({ SELF, SECRET, TOKEN }) => ({
  signingSecrets: SECRET,
  credentials: [{ name: "shop", token: TOKEN, scopes: ["admin"] }],
  services: ["http://self.example/bellhop"],
  workers: { "self.example": SELF },
}));

export default app<Env>(gateway<Env>(({ BUS }) => ({ object: BUS })), ({ SECRET }) => SECRET);
