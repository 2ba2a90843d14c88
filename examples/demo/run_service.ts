import { type Client, connect, serve, type ServiceApp } from "@bellhop/bellhop/server";
import { answerLines, type AskService } from "./child_protocol.ts";

/** Runs a service of the demo in this process: started, and made to publish, line by line. */
export async function runService(definition: ServiceApp): Promise<never> {
  let client: Client | undefined;
  return await answerLines(async (question: AskService) => {
    if (question.do === "start") {
      const { url } = await serve(definition, { port: question.port });
      client = await connect(definition, { gateway: question.gateway, endpoint: url });
      return { url, port: Number(new URL(url).port) };
    }
    const { id, durability } = await client!.publish(question.type, question.data, question.options);
    return { id, durability };
  });
}
