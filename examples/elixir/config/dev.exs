import Config

config :demo, port: 4000, greeting: "development"
