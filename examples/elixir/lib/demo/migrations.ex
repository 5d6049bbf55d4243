defmodule Demo.Migrations do
  @moduledoc "The changes of the database, oldest first; each runs once."

  def all do
    [{"20200101000000_create_database", &File.touch/1}]
  end
end
