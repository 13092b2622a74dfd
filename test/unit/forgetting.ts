/** Unit tests share their modules: none may hide in its texts what another took for a secret. */
import { beforeAll } from "vitest";
import { forgetSecrets } from "../../core/redaction.ts";

beforeAll(forgetSecrets);
