-- What the app has before its migrations: they change it from here.
CREATE TABLE posts (
  id bigserial PRIMARY KEY,
  title text NOT NULL
);

INSERT INTO posts (title) VALUES ('The first'), ('The second');
