-- Credits are held when a brief is launched, settled from the hold with each accepted result, and released at its end.

-- The treasury alone issues credits, so it alone may owe. The fund that pays for audits is of its kind and never owes.
-- The treasury's debt is put aside for a moment, because a new column is checked with what the rows hold.
update accounts set balance_microcredits = 0 where id = 'treasury';
alter table accounts add column issues bigint not null default 0 check (issues = 1 or balance_microcredits >= 0);
update accounts set issues = 1 where id = 'treasury';
update accounts set balance_microcredits = (select -coalesce(sum(balance_microcredits), 0) from accounts) where id = 'treasury';
insert into accounts (id, kind, name, created_at) values ('verification', 'treasury', 'Verification fund', 0);

-- A brief that runs out of credits is exhausted. A check cannot be changed, so the states move to new columns.
alter table briefs add column state_now text not null default 'draft' check (state_now in ('draft', 'running', 'paused', 'exhausted', 'completed', 'failed', 'cancelled'));
update briefs set state_now = state;
drop index briefs_by_state;
alter table briefs drop column state;
alter table briefs rename column state_now to state;
create index briefs_by_state on briefs (state, id);

alter table families add column state_now text not null default 'draft' check (state_now in ('draft', 'running', 'paused', 'exhausted', 'completed', 'failed', 'cancelled'));
update families set state_now = state;
drop index families_waiting;
alter table families drop column state;
alter table families rename column state_now to state;
create index families_waiting on families (running, served_at, id) where state = 'running' and pending > 0;

alter table totals add column briefs_exhausted bigint not null default 0;

-- What a run earns its worker, and the fee for verification on top; both are agreed when the brief is written.
alter table briefs add column run_price_microcredits bigint not null default 1 check (run_price_microcredits > 0);
alter table briefs add column run_fee_microcredits bigint not null default 0 check (run_fee_microcredits >= 0);
update briefs set run_price_microcredits = cast(floor(time_budget_seconds * 1000000 / 60) as bigint) where time_budget_seconds >= 0.00006;

-- What the hold of a brief holds, kept where tasks are given out, with how often credits came into it or left it for their
-- owner. What runs is always paid for.
alter table families add column held_microcredits bigint not null default 0 check (held_microcredits >= 0);
alter table families add column hold_moves bigint not null default 0 check (hold_moves >= 0);
alter table families add column run_fee_microcredits bigint not null default 0 check (run_fee_microcredits >= 0);
alter table families add column run_cost_microcredits bigint not null default 0 check (run_cost_microcredits >= run_fee_microcredits and held_microcredits >= running * run_cost_microcredits);
update families set
  run_cost_microcredits = (select run_price_microcredits from briefs where briefs.family_id = families.id),
  held_microcredits = case when state in ('running', 'paused') then (pending + running) * (select run_price_microcredits from briefs where briefs.family_id = families.id) else 0 end,
  hold_moves = case when state in ('running', 'paused') and pending + running > 0 then 1 else 0 end;

-- This server's own account starts with a million credits, and with what its briefs under way hold.
insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, cause)
select '0000000000000000', min(applied_at), 'starter', 'treasury', 'local', 1000000000000, 'starter:local' from migrations;
insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, cause)
select '0000000000000001', min(applied_at), 'grant', 'treasury', 'local', (select sum(held_microcredits) from families), 'grant:holds-of-briefs-under-way'
from migrations where exists (select 1 from families where held_microcredits > 0) having count(*) > 0;
insert into accounts (id, kind, name, balance_microcredits, created_at)
select 'hold-' || brief_id, 'hold', 'Hold of a brief', held_microcredits, created_at from families where held_microcredits > 0;
insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, cause)
select brief_id, created_at, 'hold', owner_id, 'hold-' || brief_id, held_microcredits, brief_id, 'hold:' || brief_id || ':1' from families where held_microcredits > 0;
update accounts set balance_microcredits = balance_microcredits + 1000000000000 where id = 'local';
update accounts set balance_microcredits = (select -sum(balance_microcredits) from accounts where id <> 'treasury') where id = 'treasury';

-- A result is paid from the hold of its brief, whose entries are found by the brief. Only databases of before have results
-- that the treasury paid.
drop index entries_by_debit;
drop index entries_by_credit;
create index entries_by_debit on entries (debit_account, id) where kind not in ('result', 'fee');
create index entries_by_credit on entries (credit_account, id);
create index entries_issued_for_results on entries (id) where debit_account = 'treasury' and kind = 'result';
