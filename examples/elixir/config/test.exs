import Config

config :demo, port: 0, greeting: "test"
