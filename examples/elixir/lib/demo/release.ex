defmodule Demo.Release do
  @moduledoc """
  What is run with a release and not by it: `bin/demo eval "Demo.Release.migrate()"`.
  """

  @doc """
  Brings the database to the schema of this release, and prints each migration it ran.

  The application is loaded, so that its configuration is known, and not started: no
  port is opened. The database of the example is a file with the names of the migrations
  that have run; a project with Ecto calls `Ecto.Migrator.with_repo/2` here.
  """
  def migrate do
    :ok = Application.ensure_loaded(:demo)
    database = Application.fetch_env!(:demo, :database)

    for {name, change} <- Demo.Migrations.all(), name not in done(database) do
      :ok = change.(database)
      File.write!(database, name <> "\n", [:append])
      IO.puts("migrated #{name}")
    end

    :ok
  end

  defp done(database) do
    case File.read(database) do
      {:ok, text} -> String.split(text)
      {:error, :enoent} -> []
    end
  end
end
