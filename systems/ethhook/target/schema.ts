import type { Pool } from "pg";

/** The tables of the contract, as far as deliveries need them. */
const TABLES = `
create table if not exists users (
  id uuid primary key,
  email text not null unique,
  created_at timestamptz not null default now()
);
create table if not exists applications (
  id uuid primary key,
  user_id uuid not null references users (id),
  name text not null,
  created_at timestamptz not null default now()
);
create table if not exists endpoints (
  id uuid primary key,
  application_id uuid not null references applications (id),
  name text not null,
  webhook_url text not null,
  hmac_secret text not null,
  contract_addresses text[],
  event_signatures text[],
  chain_ids int[],
  rate_limit_per_second int not null default 100,
  max_retries int not null default 5,
  timeout_seconds int not null default 30,
  is_active boolean not null default true,
  created_at timestamptz not null default now()
);`;

/** Creates the tables; existing ones stay. */
export async function createSchema(pool: Pool): Promise<void> {
  await pool.query(TABLES);
}
