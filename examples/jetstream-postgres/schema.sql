create schema if not exists sales;
create table if not exists sales.purchase_orders (
  row_no bigint generated always as identity primary key,
  order_id text not null,
  customer integer not null,
  total_cents integer not null
);
