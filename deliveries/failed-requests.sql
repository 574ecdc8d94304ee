-- Requests that failed, as a delivery writes them: filtered, renamed, with a class of their own.
-- No GROUP BY: a delivery keeps no state. The columns of the stream stand in streams.yml.

CREATE OR REPLACE STREAM "FAILED_REQUESTS" (
  "at" TIMESTAMP, "visitor" VARCHAR(64), "method" VARCHAR(16), "page" VARCHAR(512),
  "status" INTEGER, "kind" VARCHAR(8)
);

CREATE OR REPLACE PUMP "FAILED_REQUESTS_PUMP" AS INSERT INTO "FAILED_REQUESTS"
SELECT STREAM w."time", w."host", w."method", w."page", w."status",
  CASE WHEN w."status" >= 500 THEN 'server' ELSE 'client' END
FROM WEBLOGS_001 AS w
WHERE w."status" >= 400;
