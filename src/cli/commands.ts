import type { Command } from "./command.ts";
import { CONFORM } from "./conform.ts";
import { CONFORM_INIT } from "./conform_init.ts";
import { DEAD_LETTERS } from "./dead_letters.ts";
import { DISCARD, REDRIVE } from "./dead_letters_change.ts";
import { DELAYED } from "./delayed.ts";
import { DELAYED_CANCEL } from "./delayed_cancel.ts";
import { DEV } from "./dev.ts";
import { GATEWAY } from "./gateway.ts";
import { PUBLISH } from "./publish.ts";
import { SECRET } from "./secret.ts";
import { SEND } from "./send_one.ts";
import { SERVICES } from "./services.ts";
import { SERVICES_ADD } from "./services_add.ts";
import { TAIL } from "./tail.ts";
import { TOKEN } from "./token.ts";

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly Command[] = [
  DEV,
  SEND,
  DELAYED,
  DELAYED_CANCEL,
  TAIL,
  SERVICES,
  SERVICES_ADD,
  DEAD_LETTERS,
  REDRIVE,
  DISCARD,
  PUBLISH,
  GATEWAY,
  TOKEN,
  SECRET,
  CONFORM,
  CONFORM_INIT,
];
