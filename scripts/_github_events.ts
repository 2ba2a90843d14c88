import examples from "npm:@octokit/webhooks-examples@7.6.1/api.github.com/index.json" with { type: "json" };

/** An envelope around one real payload. */
export interface GithubEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: "https://github.com/octokit/webhooks";
  readonly type: string;
  readonly data: unknown;
}

/**
 * The payloads that `@octokit/webhooks-examples` collected from GitHub's webhooks, as envelopes. The id is the event's
 * name and the payload's place, so it is the same every time.
 */
export function githubEvents(): GithubEvent[] {
  return (examples as readonly { name: string; examples: readonly unknown[] }[]).flatMap(({ name, examples }) =>
    examples.map((data, place): GithubEvent => {
      const { action } = data as { action?: unknown };
      return {
        specversion: "1.0",
        id: `${name}/${place + 1}`,
        source: "https://github.com/octokit/webhooks",
        type: typeof action === "string" ? `github.${name}.${action}` : `github.${name}`,
        data,
      };
    })
  );
}
