/** Unit tests share modules: the secrets of one test must not be hidden in the texts of another. */
import { beforeAll } from "vitest";
import { forgetSecrets } from "../../core/redaction.ts";

beforeAll(forgetSecrets);
