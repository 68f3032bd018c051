-- psql -v jobs=24568 -v lone=123 -v tasks=64542 -v checks=2000 -v diary=226 -v clients=729 -v seed=1
-- Every fact of the shape is there at any size: it stands in the lowest numbers.
SELECT pg_catalog.set_config('office.seed', :'seed', false) \g /dev/null
-- A number below `of`, always the same for the same question and seed.
CREATE FUNCTION pg_temp.pick(what text, number bigint, "of" int) RETURNS int LANGUAGE sql STABLE AS
  $$ SELECT ('x' || substr(md5(concat_ws(':', current_setting('office.seed'), what, number)), 1, 7))::bit(28)::int % "of" $$;

INSERT INTO orgmaster (org_id, orgname) SELECT g, 'Organisation ' || g FROM generate_series(1, 2) g;
INSERT INTO locmaster (org_id, loc_id, locname) VALUES (1, 1, 'Head office');
INSERT INTO conmaster (org_id, loc_id, con_id, conname, conmail, conphone)
SELECT 1 + g % 2, 1, g, 'Consultant ' || g, 'con' || g || '@example.test', '044-' || g FROM generate_series(1, 4) g;
-- A fifth has no consultant: NULL, or a 0 that nobody has.
INSERT INTO climaster (org_id, con_id, loc_id, client_id, clientname, clientmail, clientphone)
SELECT 1 + g % 2, CASE g % 10 WHEN 3 THEN NULL WHEN 7 THEN 0 ELSE 1 + pg_temp.pick('consultant', g, 4) END, 1, g,
  'Client ' || pg_temp.pick('name', g, 100000), 'c' || g || '@example.test', '9' || lpad(g::text, 9, '0')
FROM generate_series(1, :clients) g;
INSERT INTO mbstaff (org_id, con_id, loc_id, staff_id, app_username, stafftype, name, phonumber, dob, email, createdby, createddate, active_status)
SELECT 1, 1 + g % 4, 1, g, 'user' || g, g % 3, 'Staff ' || g, '9' || lpad(g::text, 9, '1'), date '1980-01-01' + g * 97,
  's' || g || '@example.test', 'admin', date '2020-01-01' + g, 1
FROM generate_series(1, 16) g;
INSERT INTO taskmaster (org_id, con_id, loc_id, task_id, task_desc, task_status)
SELECT 1, 1, 1, g, 'Task template ' || g, 1 FROM generate_series(1, 40) g;
INSERT INTO jobmaster (org_id, con_id, loc_id, job_id, jobdesc, jobstatus)
SELECT 1, 1, 1, g, 'Job template ' || g, 'A' FROM generate_series(1, 12) g;
INSERT INTO cliunimaster (org_id, con_id, loc_id, client_id, cliu_id, cliunitname, cliunitadd1, cliunitcity, cliunitpin, cliunitphone)
SELECT 1, 1, 1, 1 + g % :clients, g, 'Unit ' || g, 'Street ' || g, 'City', '600001', '044-' || g FROM generate_series(1, 31) g;

-- Job 1 stands there 24 times, once for each organisation that it is done for; the others twice. Some rows name none
-- (`lone` of them), and in three jobs both do.
CREATE TEMP TABLE number AS
SELECT n, CASE WHEN n <= 24 THEN 1 ELSE 2 + (n - 25) / 2 END AS job_id, CASE WHEN n <= 24 THEN 0 ELSE (n - 25) % 2 END AS part
FROM generate_series(1, :jobs - 9) n;
INSERT INTO jobshead (org_id, con_id, loc_id, job_id, job_uid, sporg_id, jctincharge, year_id, client_id, jobdate, targetdate,
  job_nature, work_desc, worklocation, act_man_min, drivefolderpath, drivefolderkey, job_status, created_at, updated_at)
SELECT 1 + n % 2, 1 + n % 4, 1, job_id, 'UID' || job_id,
  CASE WHEN job_id = 1 THEN n WHEN job_id BETWEEN 12 AND 14 OR part = 0 AND job_id BETWEEN 15 AND 8 + :lone THEN NULL
    ELSE 1 + (job_id * 7 + part * 11) % 24 END,
  'N', 2020 + job_id % 5, 1 + pg_temp.pick('client', job_id, :clients), date '2020-04-01' + job_id % 1800,
  date '2020-06-01' + job_id % 1800, 'R', 'Work for job ' || job_id || ', part ' || pg_temp.pick('work', n, 100000), 'OFFICE',
  pg_temp.pick('minutes', n, 5000), '/drive/jobs/' || job_id, md5(n::text), (ARRAY['A', 'C', 'P', 'X'])[1 + n % 4],
  timestamp '2023-04-01' + part * interval '1 hour', timestamp '2023-04-01'
FROM number;
-- Five stand there twice in full, and of four the same job and organisation were typed again later.
INSERT INTO jobshead SELECT DISTINCT ON (job_id) * FROM jobshead WHERE job_id BETWEEN 40 AND 44 ORDER BY job_id, sporg_id;
INSERT INTO jobshead
SELECT DISTINCT ON (job_id) (jsonb_populate_record(j, '{"work_desc": "Typed again", "created_at": "2024-01-01"}')).*
FROM jobshead j WHERE job_id BETWEEN 50 AND 53 ORDER BY job_id, sporg_id;

-- No number: that one the app's side makes. The tasks of a job differ, but for ten: five stand there twice in full, and five
-- were given to two people.
CREATE TEMP TABLE task AS
SELECT t, 1 + (t - 1) % jobs AS job_id, 1 + ((1 + (t - 1) % jobs) * 3 + (t - 1) / jobs * 7) % 40 AS task_id, (t - 1) / jobs AS round
FROM (SELECT max(job_id)::int AS jobs FROM number) n, generate_series(1, :tasks - 10) t;
INSERT INTO jobtasks (org_id, con_id, loc_id, job_id, year_id, task_id, staff_id, taskorder, task_desc, jobdet_man_hrs,
  actual_man_hrs, actual_man_min, checklistlinked, task_status, created_at, updated_at)
SELECT 1 + t % 2, 1 + t % 4, 1, job_id, 2020 + job_id % 5, task_id, 1 + pg_temp.pick('staff', t, 16), 1 + t % 12,
  'Task ' || pg_temp.pick('task', t, 1000000), pg_temp.pick('hours', t, 4000) / 100.0, time '00:00' + t % 600 * interval '1 min',
  t % 600, CASE WHEN t % 3 = 0 THEN 'Y' ELSE 'N' END, t % 3, timestamp '2023-05-01', timestamp '2023-05-01'
FROM task;
INSERT INTO jobtasks
SELECT (jsonb_populate_record(j, CASE WHEN j.job_id >= 70 THEN jsonb_build_object('staff_id', 1 + j.staff_id % 16) ELSE '{}' END)).*
FROM jobtasks j JOIN task USING (job_id, task_id)
WHERE task.round = 0 AND (j.job_id BETWEEN 60 AND 64 OR j.job_id BETWEEN 70 AND 74);

-- Rows are told apart by task and text. Some have no text and some share one, within three tasks; three stand there twice in
-- full. Of tasks that stand there twice, none has a list.
INSERT INTO taskchecklist (org_id, con_id, loc_id, job_id, task_id, checklistdesc, applicable, completedby, completeddate, comments,
  checkliststatus, created_at, updated_at)
SELECT 1, 1 + c % 4, 1, job_id, task_id,
  CASE WHEN c % 20 = 0 THEN NULL WHEN c % 10 = 7 THEN 'Documents received' ELSE 'Item ' || c END, 'Y', 'user' || 1 + c % 16,
  CASE WHEN c % 4 = 0 THEN NULL ELSE date '2024-01-01' + c % 300 END, CASE WHEN c % 5 = 0 THEN NULL ELSE 'Comment ' || c END,
  c % 3, timestamp '2023-06-01', timestamp '2023-06-01'
FROM (SELECT max(job_id)::int AS jobs FROM number) n, generate_series(1, :checks - 3) c
JOIN LATERAL (SELECT CASE WHEN c % 20 = 0 OR c % 10 = 7 THEN jobs + 1 + 40 * (c % 2) + c % 3
  ELSE jobs + 1 + c * 13 % (:tasks - 10 - jobs) END AS t) chosen ON true
JOIN task USING (t);
INSERT INTO taskchecklist SELECT * FROM taskchecklist WHERE checklistdesc IN ('Item 11', 'Item 12', 'Item 13');

INSERT INTO workdiary (wd_id, org_id, con_id, loc_id, staff_id, job_id, task_id, date, timefrom, timeto, minutes, tasknotes, attachment,
  doc_ref, created_at, updated_at)
SELECT w, 1, 1 + w % 4, 1, 1 + w % 16, CASE WHEN w % 25 <> 0 THEN job_id END, task_id, date '2025-01-01' + w % 200,
  date '2025-01-01' + w % 200 + time '09:00' + w % 7 * interval '1 hour', date '2025-01-01' + w % 200 + time '10:30' + w % 7 * interval '1 hour',
  90, 'Note ' || w, 'N', 'DOC' || w, timestamp '2025-01-01', timestamp '2025-01-01'
FROM generate_series(1, :diary) w JOIN task ON t = 1 + w * 17 % (:tasks - 10);
INSERT INTO mbreminder (rem_id, org_id, loc_id, year_id, staff_id, remdate, client_id, remtype, remnotes, remduedate, remstatus, remtime,
  remtitle, color)
SELECT g, 1, 1, 2025, 1 + g % 16, date '2025-01-01' + g, 1 + g % :clients, 'Call', 'Call the client about ' || g, date '2025-02-01' + g,
  g % 2, time '10:00', 'Reminder ' || g, g % 255
FROM generate_series(1, 121) g;
INSERT INTO mbremdetail (remd_id, rem_id, staff_id, remresponse, remresstatus)
SELECT g, 1 + g % 121, 1 + g % 16, 'Response ' || g, 'Y' FROM generate_series(1, 65) g;
INSERT INTO learequest (learequest_id, org_id, con_id, loc_id, staff_id, requested_by, requestdate, fromdate, todate, leavetype, leaveremarks,
  approval_status)
SELECT g, 1, 1 + g % 4, 1, 1 + g % 16, 'user' || 1 + g % 16, date '2025-01-01' + g, date '2025-01-10' + g, date '2025-01-12' + g, 'CL',
  'Family function', 'P'
FROM generate_series(1, 30) g;
DROP TABLE number, task;
DROP FUNCTION pg_temp.pick;
ANALYZE;
