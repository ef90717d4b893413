// The services whose calls wait for other clients. Shared by gRPC and the gateway.

/** Calls of these wait by design, so that their deadline says nothing of the member. */
export const patientServices: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'v3lockpb.Lock',
  'v3electionpb.Election',
])
