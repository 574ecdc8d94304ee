-- Account activity from CloudTrail: who calls what, from where, and what fails.
--
-- Events are counted in the minute of their own time ("eventTime"); the STEP on ROWTIME beside it
-- only says when a count is reported, so a late event is merged into the minute it belongs to.

-- Calls by source address.
CREATE OR REPLACE STREAM "CALLS_PER_ADDRESS" (
  "minute" TIMESTAMP, "address" VARCHAR(64), "calls" BIGINT, "failures" BIGINT);
CREATE OR REPLACE PUMP "CALLS_PER_ADDRESS_PUMP" AS INSERT INTO "CALLS_PER_ADDRESS"
SELECT STREAM STEP(e."eventTime" BY INTERVAL '1' MINUTE), e."sourceIPAddress", COUNT(*), COUNT(e."errorCode")
FROM "SOURCE_SQL_STREAM_001" AS e
GROUP BY e."sourceIPAddress",
         STEP(e."eventTime" BY INTERVAL '1' MINUTE), STEP(e.ROWTIME BY INTERVAL '1' MINUTE);

-- Calls by service.
CREATE OR REPLACE STREAM "CALLS_PER_SERVICE" (
  "minute" TIMESTAMP, "service" VARCHAR(64), "calls" BIGINT, "failures" BIGINT);
CREATE OR REPLACE PUMP "CALLS_PER_SERVICE_PUMP" AS INSERT INTO "CALLS_PER_SERVICE"
SELECT STREAM STEP(e."eventTime" BY INTERVAL '1' MINUTE), e."eventSource", COUNT(*), COUNT(e."errorCode")
FROM "SOURCE_SQL_STREAM_001" AS e
GROUP BY e."eventSource",
         STEP(e."eventTime" BY INTERVAL '1' MINUTE), STEP(e.ROWTIME BY INTERVAL '1' MINUTE);

-- Calls by API call.
CREATE OR REPLACE STREAM "CALLS_PER_API" (
  "minute" TIMESTAMP, "service" VARCHAR(64), "api" VARCHAR(128), "calls" BIGINT);
CREATE OR REPLACE PUMP "CALLS_PER_API_PUMP" AS INSERT INTO "CALLS_PER_API"
SELECT STREAM STEP(e."eventTime" BY INTERVAL '1' MINUTE), e."eventSource", e."eventName", COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS e
GROUP BY e."eventSource", e."eventName",
         STEP(e."eventTime" BY INTERVAL '1' MINUTE), STEP(e.ROWTIME BY INTERVAL '1' MINUTE);

-- Calls by user: the name where there is one, else the identity's ARN (roles, services).
CREATE OR REPLACE STREAM "IDENTIFIED" (
  "user" VARCHAR(256), "eventTime" TIMESTAMP, "errorCode" VARCHAR(64), "service" VARCHAR(64));
CREATE OR REPLACE PUMP "IDENTIFIED_PUMP" AS INSERT INTO "IDENTIFIED"
SELECT STREAM COALESCE(e."userName", e."userArn", 'unknown'), e."eventTime", e."errorCode", e."eventSource"
FROM "SOURCE_SQL_STREAM_001" AS e;

CREATE OR REPLACE STREAM "CALLS_PER_USER" (
  "minute" TIMESTAMP, "user" VARCHAR(256), "calls" BIGINT, "first" TIMESTAMP, "last" TIMESTAMP);
CREATE OR REPLACE PUMP "CALLS_PER_USER_PUMP" AS INSERT INTO "CALLS_PER_USER"
SELECT STREAM STEP(i."eventTime" BY INTERVAL '1' MINUTE), i."user", COUNT(*), MIN(i."eventTime"), MAX(i."eventTime")
FROM "IDENTIFIED" AS i
GROUP BY i."user",
         STEP(i."eventTime" BY INTERVAL '1' MINUTE), STEP(i.ROWTIME BY INTERVAL '1' MINUTE);

-- Failures by error code and service.
CREATE OR REPLACE STREAM "FAILURES" (
  "minute" TIMESTAMP, "errorCode" VARCHAR(64), "service" VARCHAR(64), "failures" BIGINT);
CREATE OR REPLACE PUMP "FAILURES_PUMP" AS INSERT INTO "FAILURES"
SELECT STREAM STEP(i."eventTime" BY INTERVAL '1' MINUTE), i."errorCode", i."service", COUNT(*)
FROM "IDENTIFIED" AS i
WHERE i."errorCode" IS NOT NULL
GROUP BY i."errorCode", i."service",
         STEP(i."eventTime" BY INTERVAL '1' MINUTE), STEP(i.ROWTIME BY INTERVAL '1' MINUTE);

-- The ten API calls made most, over all services, minute by minute of their arrival.
CREATE OR REPLACE STREAM "TOP_API_CALLS" ("api" VARCHAR(1024), "calls" BIGINT);
CREATE OR REPLACE PUMP "TOP_API_CALLS_PUMP" AS INSERT INTO "TOP_API_CALLS"
SELECT STREAM t.ITEM, t.ITEM_COUNT
FROM TABLE(TOP_K_ITEMS_TUMBLING(
  CURSOR(SELECT STREAM e."eventSource" || ':' || e."eventName" AS "api" FROM "SOURCE_SQL_STREAM_001" AS e),
  'api', 10, 60)) AS t;

-- How many users were active, minute by minute of arrival.
CREATE OR REPLACE STREAM "ACTIVE_USERS" ("users" BIGINT);
CREATE OR REPLACE PUMP "ACTIVE_USERS_PUMP" AS INSERT INTO "ACTIVE_USERS"
SELECT STREAM u.NUMBER_OF_DISTINCT_ITEMS
FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "IDENTIFIED"), 'user', 60)) AS u;
