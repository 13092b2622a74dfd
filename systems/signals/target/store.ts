import { randomBytes, randomUUID } from "node:crypto";
import type { Redis } from "../../../target/redis.ts";
import { EXECUTED } from "./gate.ts";

const SESSION_SECONDS = 3_600;

/** A webhook as it was made; the secret is told once, to its owner. */
export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly secret: string;
}

/** State that all processes share: sessions, webhooks, executed signals. */
export class Store {
  private readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** Opens a session. @returns its access token. */
  async login(user: string): Promise<string> {
    const token = randomBytes(24).toString("base64url");
    await this.redis.set(`signals:session:${token}`, user, { expiration: { type: "EX", value: SESSION_SECONDS } });
    return token;
  }

  /** The user of an access token; null for none. */
  userOf(token: string): Promise<string | null> {
    return this.redis.get(`signals:session:${token}`);
  }

  async createWebhook(name: string): Promise<Webhook> {
    const webhook = {
      id: randomUUID(),
      name,
      token: randomBytes(16).toString("hex"),
      secret: randomBytes(24).toString("base64url"),
    };
    await this.redis.hSet(`signals:webhook:${webhook.token}`, webhook);
    return webhook;
  }

  /** @returns whether there was one. */
  async removeWebhook(token: string): Promise<boolean> {
    return (await this.redis.del(`signals:webhook:${token}`)) > 0;
  }

  async webhookOf(token: string): Promise<Webhook | null> {
    const fields = await this.redis.hGetAll(`signals:webhook:${token}`);
    return fields["id"] === undefined ? null : (fields as unknown as Webhook);
  }

  /** Executed signals from a place on. */
  async executed(after: number, most: number): Promise<{ executedAt: number; signal: unknown }[]> {
    const lines = await this.redis.lRange(EXECUTED, after, after + most - 1);
    return lines.map((line) => {
      const space = line.indexOf(" ");
      return { executedAt: Number(line.slice(0, space)), signal: JSON.parse(line.slice(space + 1)) as unknown };
    });
  }

  executedCount(): Promise<number> {
    return this.redis.lLen(EXECUTED);
  }

  async isReachable(): Promise<boolean> {
    return (await this.redis.ping().catch(() => "")) === "PONG";
  }
}
