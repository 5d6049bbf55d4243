# Runs on the server each time the release starts. Its values come from the environment,
# which systemd reads from /etc/demo/demo.env.
import Config

if config_env() == :prod do
  config :demo,
    port: "PORT" |> System.get_env("4000") |> String.to_integer(),
    greeting: System.fetch_env!("DEMO_GREETING"),
    database: System.fetch_env!("DEMO_DATABASE")
end
