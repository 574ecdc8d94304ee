-- Web analytics from Apache access logs: what is read, how much is sent, what fails.

-- Hits, bytes and errors by page, minute by minute of the request's own time.
CREATE OR REPLACE STREAM "PAGES" (
  "minute" TIMESTAMP, "page" VARCHAR(512), "hits" BIGINT, "bytes" BIGINT, "errors" BIGINT);
CREATE OR REPLACE PUMP "PAGES_PUMP" AS INSERT INTO "PAGES"
SELECT STREAM STEP(r."time" BY INTERVAL '1' MINUTE), r."page", COUNT(*), SUM(r."bytes"),
       SUM(CASE WHEN r."status" >= 400 THEN 1 ELSE 0 END)
FROM "SOURCE_SQL_STREAM_001" AS r
GROUP BY r."page",
         STEP(r."time" BY INTERVAL '1' MINUTE), STEP(r.ROWTIME BY INTERVAL '1' MINUTE);

-- Traffic by status code, with the mean size of an answer.
CREATE OR REPLACE STREAM "STATUS_CODES" (
  "hour" TIMESTAMP, "status" INTEGER, "hits" BIGINT, "meanBytes" DOUBLE, "largest" BIGINT);
CREATE OR REPLACE PUMP "STATUS_CODES_PUMP" AS INSERT INTO "STATUS_CODES"
SELECT STREAM FLOOR(r."time" TO HOUR), r."status", COUNT(*), AVG(CAST(r."bytes" AS DOUBLE)), MAX(r."bytes")
FROM "SOURCE_SQL_STREAM_001" AS r
GROUP BY r."status", FLOOR(r."time" TO HOUR), FLOOR(r.ROWTIME TO HOUR);

-- Visitors that fail often: ten errors or more in an hour.
CREATE OR REPLACE STREAM "TROUBLED_VISITORS" ("hour" TIMESTAMP, "host" VARCHAR(64), "errors" BIGINT);
CREATE OR REPLACE PUMP "TROUBLED_VISITORS_PUMP" AS INSERT INTO "TROUBLED_VISITORS"
SELECT STREAM FLOOR(r."time" TO HOUR), r."host", COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS r
WHERE r."status" >= 400
GROUP BY r."host", FLOOR(r."time" TO HOUR), FLOOR(r.ROWTIME TO HOUR)
HAVING COUNT(*) >= 10;

-- The ten pages read most, minute by minute of arrival.
CREATE OR REPLACE STREAM "TOP_PAGES" ("page" VARCHAR(1024), "hits" BIGINT);
CREATE OR REPLACE PUMP "TOP_PAGES_PUMP" AS INSERT INTO "TOP_PAGES"
SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(
  CURSOR(SELECT STREAM "page" FROM "SOURCE_SQL_STREAM_001" WHERE "status" < 400), 'page', 10, 60));
